// SPDX-License-Identifier: Apache-2.0
/** The PostgreSQL that runs: its settings and those that archiving needs, its standbys, and the primary it follows. */
package org.tidemark.server;
