mod browser;
mod support;
