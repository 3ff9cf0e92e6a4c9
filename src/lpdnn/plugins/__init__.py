"""Plugins that come with LPDNN, one folder each."""
