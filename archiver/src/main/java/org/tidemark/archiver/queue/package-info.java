// SPDX-License-Identifier: Apache-2.0
/** The queues of lagging repositories, kept on this host (docs/design/spool.md). */
package org.tidemark.archiver.queue;
