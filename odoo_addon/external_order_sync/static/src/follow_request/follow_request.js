/** @odoo-module **/

import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const POLL_MS = 2000;

/** For Odoo 16 and later. Shows how far the record's open request is, and loads the record again when it has ended. */
export class FollowRequest extends Component {
    static template = "external_order_sync.FollowRequest";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.state = useState({ text: "", progress: 0, unanswered: false });
        useEffect(
            (open, id) => {
                this.stop();
                if (open && id) {
                    this.poll(id);
                }
            },
            () => [this.props.record.data.has_open_request, this.props.record.resId]
        );
        onWillUnmount(() => this.stop());
    }

    stop() {
        clearTimeout(this.timer);
        this.following = undefined;
        this.state.text = "";
    }

    async poll(id) {
        this.following = id;
        let request = { open: true };
        try {
            request = await this.orm.silent.call(this.props.record.resModel, "request_progress", [[id]]);
        } catch {
            // The server may be restarting: ask again with the next beat.
        }
        if (this.following !== id) {
            return;
        }
        if (request.open) {
            this.state.text = request.text || "";
            this.state.progress = request.progress || 0;
            this.state.unanswered = Boolean(request.unanswered);
            this.timer = setTimeout(() => this.poll(id), POLL_MS);
            return;
        }
        this.stop();
        this.notification.add(request.text, {
            type: request.state === "failed" ? "danger" : request.state === "done" ? "success" : "info",
        });
        // A value on 16, a method since.
        const dirty = this.props.record.isDirty;
        if (!(typeof dirty === "function" ? await this.props.record.isDirty() : dirty)) {
            await this.props.record.load();
            this.props.record.model.notify();
        }
    }
}
