"""The steps from any grey picture to the 28x28 that MNIST's makers would have made.

Reading order: ``planes`` (reduce, and minima and maxima over windows), ``ground`` (which side is ink, and how strong it
is everywhere), ``rulings`` (printed lines taken out), ``components`` (connected shapes), ``selection`` (which of them
are the digit), ``shaping`` (one stroke width, 20x20, centre of mass). ``model.pixels`` runs them.
"""
