"""Episodes: results with the same sold-as and the same found set, until 14 quiet days close them."""
