mod actors;
mod bind;
mod canary;
mod change;
mod log_in;
mod register;
mod send_code;
mod unbind;
