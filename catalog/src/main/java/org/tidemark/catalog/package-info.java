// SPDX-License-Identifier: Apache-2.0
/**
 * The repository format: which object is under which key, in which form, and how it is verified.
 * docs/design/repository-format.md fixes every byte; nothing here connects to PostgreSQL.
 */
package org.tidemark.catalog;
