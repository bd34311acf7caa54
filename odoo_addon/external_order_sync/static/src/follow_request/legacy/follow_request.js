odoo.define("external_order_sync.FollowRequest", function (require) {
    "use strict";

    const registry = require("web.widget_registry");
    const Widget = require("web.Widget");

    const POLL_MS = 2000;

    /** Shows how far the record's open request is, and loads the record again when it has ended. Odoo 14 and 15. */
    const FollowRequest = Widget.extend({
        init(parent, record) {
            this._super(...arguments);
            this.form = parent;
            this.record = record;
        },

        start() {
            if (this.record.data.has_open_request && this.record.res_id) {
                this._poll();
            }
            return this._super(...arguments);
        },

        destroy() {
            clearTimeout(this.timer);
            this._super(...arguments);
        },

        async _poll() {
            let request = {open: true};
            try {
                request = await this._rpc(
                    {model: this.record.model, method: "request_progress", args: [[this.record.res_id]]},
                    {shadow: true}
                );
            } catch (failure) {
                // The server may be restarting: ask again with the next beat.
                if (failure && failure.event) {
                    failure.event.preventDefault();
                }
            }
            if (this.isDestroyed()) {
                return;
            }
            if (request.open) {
                this._show(request);
                this.timer = setTimeout(() => this._poll(), POLL_MS);
                return;
            }
            this.$el.empty();
            this.displayNotification({
                message: request.text,
                type: request.state === "failed" ? "danger" : request.state === "done" ? "success" : "info",
            });
            if (this.form.mode !== "edit" || !this.form.getParent().isDirty()) {
                this.trigger_up("reload");
            }
        },

        _show(request) {
            if (!request.text) {
                return;
            }
            const icon = request.unanswered ? "fa-exclamation-triangle" : "fa-circle-o-notch fa-spin";
            const text = request.progress ? `${request.text} ${request.progress} %` : request.text;
            this.$el.empty().append(
                $("<div/>", {class: "alert mb-0 d-flex align-items-center", role: "status"})
                    .addClass(request.unanswered ? "alert-warning" : "alert-info")
                    .append($("<i/>", {class: `fa mr-2 ${icon}`}))
                    .append($("<span/>", {text}))
            );
        },
    });

    registry.add("external_order_follow", FollowRequest);
    return FollowRequest;
});
