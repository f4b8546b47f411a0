// SPDX-License-Identifier: Apache-2.0
/** What protects a cluster now: `status`, and the picture of what can be reached. */
package org.tidemark.watch.status;
