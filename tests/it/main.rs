//! The one test binary: a folder per part of Kith.

mod edge;
