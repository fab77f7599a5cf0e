"""The staged resection as data and geometry: stages, osteotomy planes, margins, nerve roots, the specimen."""
