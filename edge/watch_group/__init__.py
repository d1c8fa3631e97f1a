"""The watch group: faces that are looked out for under a legal ground. A hit tells the guard and moves nothing."""
