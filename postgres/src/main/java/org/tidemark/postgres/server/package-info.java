// SPDX-License-Identifier: Apache-2.0
/** A PostgreSQL server of this host that is started for a while, such as for the demo. */
package org.tidemark.postgres.server;
