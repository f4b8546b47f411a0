// SPDX-License-Identifier: Apache-2.0
/** What a running PostgreSQL says of itself, and the settings that archiving needs. */
package org.tidemark.operations.server;
