//! The data manager's desk: the worklist of a center, forms made from the dictionary, signing, queries, uploads.
