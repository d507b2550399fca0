//! What buyers bought: sold items (已卖出的宝贝) to the shop, bought items (已买到的宝贝) to the buyer.

pub mod graphql;
pub mod hooks;
pub mod joint;
pub mod loaders;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
