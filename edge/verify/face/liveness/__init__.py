"""Is it a living person? One port, three inhabitants; none of them claims more than was measured.

port.py        what a lane relies on: begin a proving for one person, show it frames, get a proof
unbroken.py    pure: the looks that may count together
challenge.py   pure: a head that turns as asked       turning.py   draws the lots, holds it against the port
nir.py         a near-infrared picture beside the first one
model.py       an operator's own network, pinned by its hash
"""
