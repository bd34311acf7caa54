/** @odoo-module **/

import { registry } from "@web/core/registry";
import { FollowRequest } from "./follow_request";

// On Odoo 16 the component itself is registered.
registry.category("view_widgets").add("external_order_follow", FollowRequest);
