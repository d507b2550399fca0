//! A daughter who pays for her father: what tests of intimate pay begin with.

use serde_json::{Value, json};
use uuid::Uuid;

use super::app::{Answer, Persona, TestApp, config};

/// The payment password of everybody in tests.
pub const PAYMENT_PASSWORD: &str = "135790";

const PURCHASE: &str = "purchase { id state counted month title category amount { amount } givenBack { amount } }
    payment { id state } limit { limit remaining resetsAt canBeAsked stepUpFactors } userErrors { code field message }";

/// A daughter, her father, and what he buys.
pub struct Home {
    /// Kith.
    pub app: TestApp,
    /// Who sells.
    pub seller: Persona,
    /// Who pays.
    pub daughter: Persona,
    /// Who buys with her money. He has none of his own.
    pub father: Persona,
    /// The shop.
    pub shop: String,
    /// The daughter's balance as a payment method.
    pub method: String,
    /// The family link.
    pub link: String,
    /// The relation.
    pub relation: String,
}

impl Home {
    /// On the embedded database, with a monthly cap.
    pub async fn open(cap: &str) -> Self {
        Self::on(TestApp::start().await, json!({ "monthlyCap": { "amount": cap } })).await
    }

    /// With terms.
    pub async fn with(terms: Value) -> Self {
        Self::on(TestApp::start().await, terms).await
    }

    /// On any Kith. The daughter has ¥100,000 on her balance.
    pub async fn on(app: TestApp, terms: Value) -> Self {
        let (seller, daughter, father) =
            (app.account("seller").await, app.account("daughter").await, app.account("father").await);
        let shop = app.shop(&seller).await;
        let method = app.balance(&daughter, "100000.00").await;
        app.payment_password(&daughter).await;
        app.payment_password(&father).await;
        let link = app.family(&daughter, &father).await;
        let relation = app.relation(&daughter, &link, terms).await;
        app.methods(&daughter, &relation, &[&method]).await;
        // Tests travel further than a session lasts.
        app.sql("UPDATE sessions SET expires_at = '2100-01-01'").await;
        Self { app, seller, daughter, father, shop, method, link, relation }
    }

    /// An order of the father's that waits to be paid.
    pub async fn order(&self, price: &str, category: &str) -> String {
        let item = self.app.item_of(&self.seller, &self.shop, price, category).await;
        self.app.unpaid_order(&self.father, &self.shop, &item, 1).await
    }

    /// The father pays an order, with the order's id as key.
    pub async fn pay(&self, order: &str) -> Answer {
        self.app.pay_intimately(&self.father, &self.relation, order, order, PAYMENT_PASSWORD).await
    }

    /// He orders and pays; gives the answer.
    pub async fn buy(&self, price: &str, category: &str) -> Answer {
        let order = self.order(price, category).await;
        self.pay(&order).await
    }

    /// Runs a mutation on the relation; `more` is what its input has besides.
    pub async fn call(&self, who: &Persona, mutation: &str, kind: &str, more: Value) -> Answer {
        let mut input = json!({ "intimatePayId": self.relation });
        for (key, value) in more.as_object().unwrap() {
            input[key] = value.clone();
        }
        let select = "intimatePay { id state used { amount } left { amount } } userErrors { code message }";
        let query = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {select} }} }}");
        self.app.run(Some(&who.token), &query, json!({ "input": input })).await
    }

    /// The relation as somebody sees it.
    pub async fn seen(&self, who: &Persona, select: &str) -> Value {
        let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on IntimatePay {{ {select} }} }} }}");
        self.app.ok(who, &query, json!({ "id": self.relation })).await["node"].clone()
    }

    /// What was used of this month's cap.
    pub async fn used(&self) -> String {
        self.seen(&self.daughter, "used { amount }").await["used"]["amount"].as_str().unwrap().to_owned()
    }

    /// Everything verifies, and the quota is the sum of what was paid less what came back, month by month.
    pub async fn close(self) {
        self.app.quotas_add_up().await;
        self.app.verified().await;
        self.app.stop().await;
    }
}

impl TestApp {
    /// Sets [`PAYMENT_PASSWORD`].
    pub async fn payment_password(&self, who: &Persona) {
        self.step_up(who).await;
        let query = "mutation($password: String!) {
            setPaymentPassword(input: { password: $password }) { setAt userErrors { code } } }";
        let answer = self.ok(who, query, json!({ "password": PAYMENT_PASSWORD })).await;
        assert!(answer["setPaymentPassword"]["setAt"].is_string(), "{answer}");
    }

    /// Makes the session of somebody strong by a code to a bound e-mail address.
    pub async fn step_up_by_code(&self, who: &Persona, email: &str) {
        let send = "mutation { sendStepUpCode(input: {}) { sentTo userErrors { code } } }";
        let sent = self.ok(who, send, json!({})).await;
        assert!(sent["sendStepUpCode"]["sentTo"].is_string(), "{sent}");
        let code = self.code_to(email).await;
        let step_up = "mutation($c: String!) { stepUp(input: { code: $c }) { until factor userErrors { code } } }";
        let done = self.ok(who, step_up, json!({ "c": code })).await;
        assert_eq!(done["stepUp"]["factor"], "CODE", "{done}");
    }

    /// A family link that stands; gives its id.
    pub async fn family(&self, inviter: &Persona, relative: &Persona) -> String {
        let invite = "mutation { inviteFamilyMember(input: { relation: PARENT, name: \"Dad\" }) {
            familyLink { id } token userErrors { code } } }";
        let made = self.ok(inviter, invite, json!({})).await["inviteFamilyMember"].clone();
        let accept = "mutation($token: String!) {
            acceptFamilyInvitation(input: { token: $token }) { familyLink { id } userErrors { code } } }";
        let accepted = self.ok(relative, accept, json!({ "token": made["token"] })).await;
        assert_eq!(accepted["acceptFamilyInvitation"]["familyLink"]["id"], made["familyLink"]["id"], "{accepted}");
        made["familyLink"]["id"].as_str().unwrap().to_owned()
    }

    /// Asks for terms.
    pub async fn ask_terms(&self, payer: &Persona, link: &str, terms: Value) -> Answer {
        let query = "mutation($input: OpenIntimatePayInput!) { openIntimatePay(input: $input) {
            beneficiary { displayName } terms { monthlyCap { amount } } existing { id } confirmationToken expiresAt
            userErrors { code field message } } }";
        self.run(Some(&payer.token), query, json!({ "input": { "familyLinkId": link, "terms": terms } })).await
    }

    /// Confirms terms.
    pub async fn confirm_terms(&self, payer: &Persona, token: &str) -> Answer {
        let query = "mutation($token: String!) { confirmIntimatePay(input: { confirmationToken: $token }) {
            intimatePay { id state missingSteps terms { monthlyCap { amount } } } userErrors { code } } }";
        self.run(Some(&payer.token), query, json!({ "token": token })).await
    }

    /// A relation that was opened in both steps, by a session that was stepped up; gives its id.
    pub async fn relation(&self, payer: &Persona, link: &str, terms: Value) -> String {
        self.step_up(payer).await;
        let asked = self.ask_terms(payer, link, terms).await.data();
        let token = asked["openIntimatePay"]["confirmationToken"].as_str().unwrap_or_else(|| panic!("{asked}"));
        let opened = self.confirm_terms(payer, token).await.data();
        opened["confirmIntimatePay"]["intimatePay"]["id"].as_str().unwrap_or_else(|| panic!("{opened}")).to_owned()
    }

    /// Sets the methods of a relation.
    pub async fn methods(&self, payer: &Persona, relation: &str, methods: &[&str]) {
        let query = "mutation($input: SetIntimatePayMethodsInput!) {
            setIntimatePayMethods(input: $input) { intimatePay { id } userErrors { code message } } }";
        let input = json!({ "input": { "intimatePayId": relation, "methodIds": methods } });
        let answer = self.ok(payer, query, input).await;
        assert!(answer["setIntimatePayMethods"]["intimatePay"]["id"].is_string(), "{answer}");
    }

    /// An item of a category.
    pub async fn item_of(&self, owner: &Persona, shop: &str, price: &str, category: &str) -> String {
        let item = self.item(owner, shop, price).await;
        let id = kith::kernel::ids::TypedId::uuid(item.parse::<kith::kernel::ids::ItemId>().unwrap());
        self.sql(&format!("UPDATE items SET category = '{category}' WHERE id = '{id}'")).await;
        item
    }

    /// Pays an order with a relation.
    pub async fn pay_intimately(
        &self,
        who: &Persona,
        relation: &str,
        order: &str,
        key: &str,
        password: &str,
    ) -> Answer {
        let query = format!(
            "mutation($input: PayWithIntimatePayInput!, $key: String!) {{
               payWithIntimatePay(input: $input) @idempotent(key: $key) {{ {PURCHASE} }} }}"
        );
        let input = json!({ "intimatePayId": relation, "orderId": order, "paymentPassword": password });
        self.run(Some(&who.token), &query, json!({ "input": input, "key": key })).await
    }

    /// Asks the payer to pay an order.
    pub async fn ask_to_pay(&self, who: &Persona, relation: &str, order: &str) -> Answer {
        let query = "mutation($input: AskToPayInput!) { askToPay(input: $input) {
            request { id state refused amount { amount } expiresAt } userErrors { code message } } }";
        self.run(Some(&who.token), query, json!({ "input": { "intimatePayId": relation, "orderId": order } })).await
    }

    /// The payer pays what was asked for.
    pub async fn approve_request(&self, who: &Persona, request: &str) -> Answer {
        let query = format!(
            "mutation($input: ApprovePayRequestInput!, $key: String!) {{
               approvePayRequest(input: $input) @idempotent(key: $key) {{ {PURCHASE} }} }}"
        );
        let input = json!({ "requestId": request, "paymentPassword": PAYMENT_PASSWORD });
        self.run(Some(&who.token), &query, json!({ "input": input, "key": Uuid::now_v7().to_string() })).await
    }

    /// A refund of an order is asked for and approved; gives the state it is in then.
    pub async fn refund_all(&self, seller: &Persona, buyer: &Persona, order: &str, amount: &str) -> Value {
        let refund = self.refund(buyer, order, amount).await;
        self.approve(seller, &refund, &refund).await.data()["approveRefund"].clone()
    }

    /// Lets the worker write down what has lapsed.
    pub async fn lapse(&self) {
        let worker = kith::worker::Worker::new(std::sync::Arc::clone(&self.door), Vec::new(), config().worker);
        worker.lapse(&tokio_util::sync::CancellationToken::new()).await.unwrap();
    }

    /// Property: what is used of every month is the sum of its purchases that did not fail, less what came back of them.
    pub async fn quotas_add_up(&self) {
        use diesel::sql_types::BigInt;
        use diesel_async::RunQueryDsl as _;
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        let wrong: i64 = diesel::dsl::sql::<BigInt>(
            "SELECT count(*) FROM (
                 SELECT u.payer_account_id, u.beneficiary_account_id, u.month, sum(u.amount_minor - u.given_back_minor) AS spent
                 FROM intimate_uses u WHERE u.counted = 'MONTH' AND u.state <> 'FAILED'
                 GROUP BY u.payer_account_id, u.beneficiary_account_id, u.month
             ) s FULL JOIN (
                 SELECT q.owner_id, q.counter_id, q.starts_on, q.amount_minor FROM quota_usage q
                 WHERE EXISTS (SELECT FROM intimate_pays p
                     WHERE p.payer_account_id = q.owner_id AND p.beneficiary_account_id = q.counter_id)
             ) q ON q.owner_id = s.payer_account_id AND q.counter_id = s.beneficiary_account_id AND q.starts_on = s.month
             WHERE coalesce(s.spent, 0) <> coalesce(q.amount_minor, 0)",
        )
        .get_result(&mut *conn)
        .await
        .unwrap();
        assert_eq!(wrong, 0, "months whose quota is not the sum of their purchases");
    }
}
