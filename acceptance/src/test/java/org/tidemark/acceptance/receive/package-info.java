// SPDX-License-Identifier: Apache-2.0
/** Servers whose WAL is received by streaming replication. */
package org.tidemark.acceptance.receive;
