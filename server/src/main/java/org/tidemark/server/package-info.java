// SPDX-License-Identifier: Apache-2.0
/** The settings of a running PostgreSQL, and those that archiving needs. */
package org.tidemark.server;
