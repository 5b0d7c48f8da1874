"""The codec of a wire format, and the rules that codecs share."""
