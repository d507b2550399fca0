mod actors;
mod log_in;
mod register;
