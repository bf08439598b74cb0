"""A feed-forward neural network that reads handwritten digits, and everything it needs to learn.

Reading order: ``network`` (what it is), ``backprop`` (how it learns: the four steps), ``optimizer`` (how far each
weight moves), ``training`` (again and again over random mini-batches), ``artifact`` and ``registry`` (what is kept),
``predictor`` (what a program that asks for a digit gets).
"""
