"""The steps from any grey picture to the 28x28 that MNIST's makers would have made.

Reading order: ``clean`` (a 28x28 picture that needs no repair), ``location`` (the digit in any other picture),
``planes`` (reduce, and minima and maxima over windows), ``resampling`` (enlarge, blur and average by small matrices),
``levels`` (the threshold that divides a plane), ``enlarged`` (the fewer pixels that a picture once had), ``sheets`` (a
sheet on a desk), ``frames`` (bands at the sides), ``ground`` (which side is ink, and how strong it is everywhere),
``strokes`` (how wide they are, and another width for them), ``rulings`` (printed lines taken out), ``scratches`` (thin
marks from the border taken out), ``components`` (connected shapes), ``selection`` (which of them are the digit),
``evidence`` (whether there is a digit at all), ``shaping`` (one stroke width, 20x20, centre of mass), ``faint`` (a digit
that hardly rises above its paper's own pattern, left grey).

``model.pixels`` runs ``clean`` and, where that finds nothing, ``location`` and then ``shaping``; ``location`` runs the
steps in between, and takes from ``shaping`` what makes a stretched 1 narrow again.
"""
