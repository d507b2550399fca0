mod approve_refund;
