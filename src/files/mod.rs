//! The file room: directories opened once, never left.
