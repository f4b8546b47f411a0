// SPDX-License-Identifier: Apache-2.0
/**
 * The store interface: six operations on write-once objects, their errors, and what a store can promise. Nothing here
 * knows of WAL or of PostgreSQL.
 */
package org.tidemark.store;
