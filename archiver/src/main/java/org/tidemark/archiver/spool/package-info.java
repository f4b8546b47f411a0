// SPDX-License-Identifier: Apache-2.0
/** What late repositories still need, kept on this host until they have it (docs/design/spool.md). */
package org.tidemark.archiver.spool;
