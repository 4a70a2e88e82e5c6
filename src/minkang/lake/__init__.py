"""Tables made of records by views, and the engines that make them."""
