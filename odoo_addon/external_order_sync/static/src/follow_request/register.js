/** @odoo-module **/

import { registry } from "@web/core/registry";
import { FollowRequest } from "./follow_request";

registry.category("view_widgets").add("external_order_follow", { component: FollowRequest });
