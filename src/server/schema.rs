//! The roots of the schema: the only place that puts the domains' parts together.

use async_graphql::parser::types::Field;
use async_graphql::{
    Context, ContextSelectionSet, ID, InputObject, Interface, MergedObject, MergedSubscription, Object, Positioned,
    Schema, SchemaBuilder, SimpleObject,
};
use kith_macros::guarded;

use crate::domains::accounts::account::deletion::DeleteAccountMutation;
use crate::domains::accounts::account::graphql::{AccountMutation, ViewerAccount};
use crate::domains::accounts::addresses::graphql::ViewerAddresses;
use crate::domains::accounts::addresses::mutations::AddressMutation;
use crate::domains::accounts::contacts::graphql::ViewerContacts;
use crate::domains::accounts::contacts::mutations::ContactMutation;
use crate::domains::accounts::dev_outbox::graphql::DevOutboxQuery;
use crate::domains::accounts::friends::graphql::ViewerFriends;
use crate::domains::accounts::friends::mutations::FriendMutation;
use crate::domains::accounts::restrictions::graphql::{RestrictionMutation, ViewerRestriction};
use crate::domains::accounts::sessions::by_code::LogInByCodeMutation;
use crate::domains::accounts::sessions::graphql::ViewerSessions;
use crate::domains::accounts::sessions::mutations::SessionMutation;
use crate::domains::accounts::sessions::passwords::PasswordMutation;
use crate::domains::accounts::sessions::recovery::RecoveryMutation;
use crate::domains::accounts::step_up::graphql::StepUpMutation;
use crate::domains::accounts::totp::graphql::{TotpMutation, ViewerTotp};
use crate::domains::association::links::graphql::ViewerLinks;
use crate::domains::association::links::mutations::AssociationMutation;
use crate::domains::association::signals::graphql::ViewerAssociations;
use crate::domains::association::signals::mutations::AssociationSignalMutation;
use crate::domains::audit::export::{AuditMutation, AuditVerificationQuery};
use crate::domains::audit::{AuditQuery, AuditSubscription, ViewerAudit};
use crate::domains::certification::creators::mutations::CreatorMutation;
use crate::domains::certification::graphql::ViewerCertification;
use crate::domains::certification::identity::mutations::IdentityMutation;
use crate::domains::certification::person::mutations::PersonMutation;
use crate::domains::certification::reviews::mutations::ReviewMutation;
use crate::domains::certification::verifications::graphql::{VerificationMutation, VerificationQuery};
use crate::domains::certification::verifications::ops::decide::StaffDecided;
use crate::domains::family::contact_list::ViewerContactList;
use crate::domains::family::links::graphql::{self as family, FamilyLink, FamilyQuery, ViewerFamily};
use crate::domains::family::links::mutations::FamilyMutation;
use crate::domains::intimate_pay::passwords::graphql::{PaymentPasswordMutation, ViewerPaymentSecurity};
use crate::domains::intimate_pay::relations::graphql::IntimatePay;
use crate::domains::intimate_pay::relations::list::{self as intimate_pays, ViewerIntimatePay};
use crate::domains::intimate_pay::relations::mutations::IntimatePayMutation;
use crate::domains::intimate_pay::requests::mutations::PayRequestMutation;
use crate::domains::intimate_pay::uses::mutations::IntimateUseMutation;
use crate::domains::intimate_pay::uses::stream::SpendingSubscription;
use crate::domains::notifications::{
    NotificationMutation, NotificationSubscription, PreferenceMutation, ViewerNotifications, ViewerPreferences,
};
use crate::domains::payments::balance::graphql::{BalanceMutation, ViewerBalance};
use crate::domains::payments::methods::graphql::ViewerMethods;
use crate::domains::payments::methods::mutations::MethodMutation;
use crate::domains::payments::payment::graphql::ViewerPayments;
use crate::domains::plugins::graphql::PluginQuery;
use crate::domains::plugins::mutations::PluginMutation;
use crate::domains::plugins::stream::PluginSubscription;
use crate::domains::service_desk::agents::graphql::ShopDesk;
use crate::domains::service_desk::agents::mutations::DeskMutation;
use crate::domains::service_desk::conversations::graphql::{ConversationQuery, ShopConversations, ViewerConversations};
use crate::domains::service_desk::conversations::mutations::ConversationMutation;
use crate::domains::service_desk::messages::subscription::ChatSubscription;
use crate::domains::service_desk::reports::graphql::{ReportQuery, ViewerReports};
use crate::domains::service_desk::reports::mutations::ReportMutation;
use crate::domains::services::decisions::graphql::{DecisionMutation, DecisionQuery};
use crate::domains::services::service::graphql::ServiceQuery;
use crate::domains::services::settings::mutations::ServiceSettingsMutation;
use crate::domains::services::subscriptions::mutations::SubscriptionMutation;
use crate::domains::services::tokens::mutations::ServiceTokenMutation;
use crate::domains::shops::charity::graphql::CharityQuery;
use crate::domains::shops::charity::mutations::CharityMutation;
use crate::domains::shops::decorations::graphql::DecorationMutation;
use crate::domains::shops::deposits::graphql::{CategoryQuery, ShopDeposits};
use crate::domains::shops::deposits::mutations::DepositMutation;
use crate::domains::shops::funds::graphql::{FundsMutation, ShopFunds};
use crate::domains::shops::items::graphql::ItemMutation;
use crate::domains::shops::orders::graphql::{self as orders, Order, ViewerOrders};
use crate::domains::shops::orders::joint::ViewerJointOrders;
use crate::domains::shops::orders::mutations::OrderMutation;
use crate::domains::shops::red_packets::graphql::{RedPacketQuery, ShopRedPackets};
use crate::domains::shops::red_packets::mutations::RedPacketMutation;
use crate::domains::shops::refunds::batch::RefundBatchMutation;
use crate::domains::shops::refunds::graphql::{self as refunds, Refund, RefundMutation, ViewerRefunds};
use crate::domains::shops::shop::graphql::{self as shops, ShopCore};
use crate::domains::shops::shop::ops::open::{OpenShop, SeedPositions};
use crate::domains::staff::certification::decided;
use crate::domains::staff::certification::graphql::StaffCertificationQuery;
use crate::domains::staff::certification::mutations::StaffCertificationMutation;
use crate::domains::staff::explain::graphql::StaffQuery;
use crate::domains::staff::grants::graphql::{self as grants, Grant};
use crate::domains::staff::grants::mutations::GrantMutation;
use crate::domains::staff::graphql::ShopStaff;
use crate::domains::staff::login_policies::graphql::LoginPolicyMutation;
use crate::domains::staff::positions::graphql::{self as positions, Position};
use crate::domains::staff::positions::mutations::PositionMutation;
use crate::domains::staff::rosters::graphql::{RosterMutation, ShopRoster};
use crate::domains::staff::seed_positions;
use crate::domains::staff::sub_accounts::graphql::{self as sub_accounts, SubAccount};
use crate::domains::staff::sub_accounts::invitations::{InvitationMutation, ViewerStaff};
use crate::domains::staff::sub_accounts::mutations::SubAccountMutation;
use crate::domains::staff::unused::graphql::UnusedMutation;
use crate::graphql::command::{dry_run, execute, idempotent};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::ids::id;
use crate::graphql::scalars::CurrencyCode;
use crate::graphql::shown::{Show, Shown, Stop, Walked};
use crate::kernel::ids::{
    FamilyLinkId, GrantId, IntimatePayId, OrderId, PositionId, RefundId, ShopId, SubAccountId, TypedId,
};
use crate::kernel::{Currency, Fault};
use crate::telemetry::Secret;

/// Kith's schema.
pub type KithSchema = Schema<Query, Mutation, Subscription>;

/// What makes it.
pub type KithSchemaBuilder = SchemaBuilder<Query, Mutation, Subscription>;

/// A shop: what it is, what it sells and sold, who works for it.
#[derive(MergedObject)]
pub struct Shop(
    pub ShopCore,
    pub ShopStaff,
    pub ShopDeposits,
    pub ShopRedPackets,
    pub ShopRoster,
    pub ShopDesk,
    pub ShopConversations,
    pub ShopFunds,
);

impl Shop {
    fn of(core: ShopCore) -> Self {
        let shop = core.0;
        let (staff, deposits, red_packets) = (ShopStaff { shop }, ShopDeposits { shop }, ShopRedPackets { shop });
        let (roster, desk, conversations) = (ShopRoster { shop }, ShopDesk { shop }, ShopConversations { shop });
        Self(core, staff, deposits, red_packets, roster, desk, conversations, ShopFunds { shop })
    }

    /// What [`Node`] asks of every record.
    async fn id(&self, ctx: &Context<'_>) -> async_graphql::Result<ID> {
        self.0.id(ctx).await
    }
}

/// Whoever is logged in.
#[derive(MergedObject)]
pub struct Viewer(
    pub ViewerAccount,
    pub ViewerOrders,
    pub ViewerRefunds,
    pub ViewerAudit,
    pub ViewerNotifications,
    pub ViewerStaff,
    pub ViewerContacts,
    pub ViewerMethods,
    pub ViewerBalance,
    pub ViewerPayments,
    pub ViewerSessions,
    pub ViewerTotp,
    pub ViewerCertification,
    pub ViewerRestriction,
    pub ViewerPreferences,
    pub ViewerFamily,
    pub ViewerIntimatePay,
    pub ViewerPaymentSecurity,
    pub ViewerAddresses,
    pub ViewerFriends,
    pub ViewerAssociations,
    pub ViewerLinks,
    pub ViewerJointOrders,
    pub ViewerContactList,
    pub ViewerConversations,
    pub ViewerReports,
);

/// A record with an id of its own, for `node(id:)`.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The id, unique over all kinds."))]
pub enum Node {
    /// A shop.
    Shop(Shop),
    /// An order.
    Order(Order),
    /// A refund.
    Refund(Refund),
    /// A sub-account.
    SubAccount(SubAccount),
    /// A position.
    Position(Position),
    /// A personal grant.
    Grant(Grant),
    /// A family link.
    FamilyLink(FamilyLink),
    /// A relation of intimate pay.
    IntimatePay(IntimatePay),
}

impl Show for Node {
    fn show(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked {
        match self {
            // Two objects in one: its fields are not walked.
            Self::Shop(_) => Err(Stop::Wait),
            Self::Order(order) => order.show(ctx, field, json),
            Self::Refund(refund) => refund.show(ctx, field, json),
            Self::SubAccount(sub_account) => sub_account.show(ctx, field, json),
            Self::Position(position) => position.show(ctx, field, json),
            Self::Grant(grant) => grant.show(ctx, field, json),
            Self::FamilyLink(link) => link.show(ctx, field, json),
            // Its methods and cases are read when they are asked for: nothing that waits is walked.
            Self::IntimatePay(_) => Err(Stop::Wait),
        }
    }
}

/// What sellers, their staff and operators can ask beside the first of it.
#[derive(MergedObject, Default)]
pub struct SellerQuery(
    VerificationQuery,
    StaffCertificationQuery,
    AuditVerificationQuery,
    ConversationQuery,
    ReportQuery,
    CharityQuery,
);

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    SellerQuery,
    RootQuery,
    AuditQuery,
    StaffQuery,
    DevOutboxQuery,
    PluginQuery,
    ServiceQuery,
    DecisionQuery,
    CategoryQuery,
    RedPacketQuery,
    FamilyQuery,
);

/// What sellers and their staff can do beside the first of it. A group of its own, because the compiler walks roots one inside
/// another and stops at a depth.
#[derive(MergedObject, Default)]
pub struct SellerMutation(
    IdentityMutation,
    PersonMutation,
    VerificationMutation,
    ReviewMutation,
    CreatorMutation,
    StaffCertificationMutation,
    RefundBatchMutation,
    DecorationMutation,
    UnusedMutation,
    LoginPolicyMutation,
    AuditMutation,
    CharityMutation,
    FundsMutation,
    LogInByCodeMutation,
    PasswordMutation,
    RosterMutation,
    DeskMutation,
    ConversationMutation,
    ReportMutation,
);

/// What can be done. Every mutation takes one `input`, answers with a payload that has `userErrors`, and understands
/// `@dryRun` and `@idempotent`.
#[derive(MergedObject, Default)]
pub struct Mutation(
    SellerMutation,
    AccountMutation,
    DeleteAccountMutation,
    SessionMutation,
    RecoveryMutation,
    StepUpMutation,
    TotpMutation,
    RestrictionMutation,
    PreferenceMutation,
    ContactMutation,
    ShopMutation,
    ItemMutation,
    OrderMutation,
    RefundMutation,
    PositionMutation,
    SubAccountMutation,
    InvitationMutation,
    GrantMutation,
    NotificationMutation,
    SubscriptionMutation,
    ServiceSettingsMutation,
    ServiceTokenMutation,
    DecisionMutation,
    PluginMutation,
    MethodMutation,
    BalanceMutation,
    DepositMutation,
    RedPacketMutation,
    AddressMutation,
    FriendMutation,
    AssociationMutation,
    AssociationSignalMutation,
    FamilyMutation,
    PaymentPasswordMutation,
    IntimatePayMutation,
    IntimateUseMutation,
    PayRequestMutation,
);

/// What can be listened to. A subscription ends with an error as soon as its right or its session is gone.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    AuditSubscription,
    NotificationSubscription,
    PluginSubscription,
    SpendingSubscription,
    ChatSubscription,
);

/// The root fields that no domain owns.
#[derive(Default)]
pub struct RootQuery;

#[guarded]
#[Object]
impl RootQuery {
    /// Whoever is logged in; nothing when nobody is.
    #[public = "says whether anybody is logged in"]
    async fn viewer(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Viewer>> {
        let request = RequestContext::of(ctx)?;
        Ok(request.caller.actor.is_some().then_some(Viewer(
            ViewerAccount,
            ViewerOrders,
            ViewerRefunds,
            ViewerAudit,
            ViewerNotifications,
            ViewerStaff,
            ViewerContacts,
            ViewerMethods,
            ViewerBalance,
            ViewerPayments,
            ViewerSessions,
            ViewerTotp,
            ViewerCertification,
            ViewerRestriction,
            ViewerPreferences,
            ViewerFamily,
            ViewerIntimatePay,
            ViewerPaymentSecurity,
            ViewerAddresses,
            ViewerFriends,
            ViewerAssociations,
            ViewerLinks,
            ViewerJointOrders,
            ViewerContactList,
            ViewerConversations,
            ViewerReports,
        )))
    }

    /// A shop by its id; without an id, the only shop that the actor may act for.
    #[requires(login)]
    async fn shop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shop; may be left out by whoever acts for one shop only.")] id: Option<ID>,
    ) -> async_graphql::Result<Option<Shop>> {
        let request = RequestContext::of(ctx)?;
        let wanted = match &id {
            Some(id) => match id.as_str().parse::<ShopId>() {
                Ok(id) => id,
                Err(_) => return Ok(None),
            },
            None => request.shop_or_only(None).or_client(request)?,
        };
        Ok(shops::shop(request, wanted, &ctx.look_ahead()).await.or_client(request)?.map(Shop::of))
    }

    /// A record by its id; nothing when there is none or it may not be seen.
    #[requires(login)]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of any record.")] id: ID,
    ) -> async_graphql::Result<Option<Shown<Node>>> {
        let request = RequestContext::of(ctx)?;
        Ok(node(ctx, request, &id).await.or_client(request)?.map(Shown))
    }

    /// Records by their ids, in the same order; nothing in the place of those that do not exist or may not be seen.
    #[requires(login)]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 ids.")] ids: Vec<ID>,
    ) -> async_graphql::Result<Shown<Vec<Option<Node>>>> {
        let request = RequestContext::of(ctx)?;
        if ids.len() > 100 {
            let message = crate::kernel::Text::new("Ask for at most 100 ids at a time.", "一次最多查询 100 个 id。");
            return Err(to_client(Fault::BadInput { field: "ids", message }, request));
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in &ids {
            found.push(node(ctx, request, id).await.or_client(request)?);
        }
        Ok(Shown(found))
    }
}

/// Finds a record by the kind that its id says.
async fn node(ctx: &Context<'_>, request: &RequestContext, id: &ID) -> Result<Option<Node>, Fault> {
    let text = id.as_str();
    let kind = text.rsplit_once('_').map_or("", |(kind, _)| kind);
    Ok(match kind {
        ShopId::PREFIX => match text.parse() {
            Ok(id) => shops::shop(request, id, &ctx.look_ahead()).await?.map(|core| Node::Shop(Shop::of(core))),
            Err(_) => None,
        },
        OrderId::PREFIX => match text.parse() {
            Ok(id) => orders::node(request, id).await?.map(Node::Order),
            Err(_) => None,
        },
        RefundId::PREFIX => match text.parse() {
            Ok(id) => refunds::node(request, id).await?.map(Node::Refund),
            Err(_) => None,
        },
        SubAccountId::PREFIX => match text.parse() {
            Ok(id) => sub_accounts::node(request, id).await?.map(Node::SubAccount),
            Err(_) => None,
        },
        PositionId::PREFIX => match text.parse() {
            Ok(id) => positions::node(request, id).await?.map(Node::Position),
            Err(_) => None,
        },
        GrantId::PREFIX => match text.parse() {
            Ok(id) => grants::node(request, id).await?.map(Node::Grant),
            Err(_) => None,
        },
        FamilyLinkId::PREFIX => match text.parse() {
            Ok(id) => family::node(request, id).await?.map(Node::FamilyLink),
            Err(_) => None,
        },
        IntimatePayId::PREFIX => match text.parse() {
            Ok(id) => intimate_pays::node(request, id).await?.map(Node::IntimatePay),
            Err(_) => None,
        },
        _ => None,
    })
}

/// A shop to open.
#[derive(InputObject)]
pub struct OpenShopInput {
    /// Its name: 1 to 40 characters.
    pub name: String,
    /// The currency of all its amounts.
    #[graphql(default_with = "CurrencyCode(Currency::CNY)")]
    pub currency: CurrencyCode,
    /// Its time zone, as IANA names it.
    #[graphql(default = "Asia/Shanghai")]
    pub time_zone: String,
    /// The name of whoever opens it: that of the certified identity.
    #[graphql(secret)]
    pub owner_name: String,
    /// Their phone number: that of the certified identity.
    #[graphql(secret)]
    pub owner_phone: String,
}

/// The shop that was opened.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct OpenShopPayload {
    /// Its id; ask `shop(id:)` for the rest.
    pub shop_id: Option<ID>,
    /// Why it was not opened.
    pub user_errors: Vec<UserError>,
}

/// Shops.
#[derive(Default)]
pub struct ShopMutation;

#[guarded]
#[Object]
impl ShopMutation {
    /// Opens a shop with the account that is logged in as its main account, for a certified person. Codes: `NAME_INVALID`,
    /// `UNKNOWN_TIME_ZONE`, `NOT_CERTIFIED`, `OWNER_NAME_DIFFERS`, `OWNER_PHONE_DIFFERS`,
    /// `OWNER_PHONE_NOT_BOUND`.
    #[requires(account)]
    async fn open_shop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: OpenShopInput,
    ) -> async_graphql::Result<OpenShopPayload> {
        let command = OpenShop {
            name: input.name,
            currency: input.currency.0,
            time_zone: input.time_zone,
            owner_name: Secret::new(input.owner_name),
            owner_phone: Secret::new(input.owner_phone),
            seed: SEED_POSITIONS,
        };
        let (shop_id, user_errors) = execute(ctx, command).await?.split(|opened| id(opened.shop));
        Ok(OpenShopPayload { shop_id, user_errors })
    }
}

/// How a new shop gets its positions.
pub const SEED_POSITIONS: SeedPositions =
    |conn, shop, now| Box::pin(async move { seed_positions(conn, shop, now).await.map(|_| ()) });

/// What follows for a sub-account from the answer to a question about it.
pub const STAFF_DECIDED: StaffDecided =
    |conn, asked, passed, reason, now| Box::pin(async move { decided(conn, asked, passed, reason, now).await });

/// The schema, before limits and switches.
#[must_use]
pub fn builder() -> KithSchemaBuilder {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .directive(dry_run)
        .directive(idempotent)
        .with_sorted_fields()
        .with_sorted_enums()
}

/// The schema as text, sorted, as `schema.graphql` holds it.
#[must_use]
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    builder().finish().sdl_with_options(options)
}
