// SPDX-License-Identifier: Apache-2.0
/** What is known of a cluster, as values that outlive the session which read them. */
package org.tidemark.watch;
