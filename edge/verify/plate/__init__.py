"""From frames of one approach to the plate of the car that stands at the line. Importing any of it loads no weights.

    frame -> locate.py -> rectify.py -> recognise.py -> viterbi.py over grammar.py -> colour.py -> PlateRead
    PlateReads of many frames -> approach.py -> vote.py -> one plate, sure or for the guard

`ports.py` says what a locator and a recogniser promise; `reader.py` puts them together. One frame decides nothing, and
nothing here opens.
"""
