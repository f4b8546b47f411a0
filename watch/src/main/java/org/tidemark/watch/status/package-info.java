// SPDX-License-Identifier: Apache-2.0
/** What protects a cluster now: `status`, the picture of what can be reached, and the followers of a server. */
package org.tidemark.watch.status;
