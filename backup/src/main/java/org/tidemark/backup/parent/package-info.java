// SPDX-License-Identifier: Apache-2.0
/**
 * The backup that an increment refers to: chosen, and read. It sees the source of the files, what was asked, and the
 * repositories.
 */
package org.tidemark.backup.parent;
