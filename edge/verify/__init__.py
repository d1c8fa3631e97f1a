"""From a frame to facts: which codes it shows, whose face it shows. Nothing here decides anything."""
