"""Will a model fit? Its shape from a header, the memory it needs, and what to change when that is too much."""
