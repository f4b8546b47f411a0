// SPDX-License-Identifier: Apache-2.0
/**
 * The store interface: operations on write-once objects, their errors and the promises of a store. This package does
 * not depend on WAL or PostgreSQL.
 */
package org.tidemark.store;
