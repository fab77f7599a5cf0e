"""The kinds of picture sources, one a file; `orview.edge.camera` opens them."""
