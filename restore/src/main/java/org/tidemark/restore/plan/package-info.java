// SPDX-License-Identifier: Apache-2.0
/**
 * The plan, and all of its findings that need no more than what is known of backup and host: pure. It sees what was
 * asked, the host, and the configuration of the restored server.
 */
package org.tidemark.restore.plan;
