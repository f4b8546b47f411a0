// SPDX-License-Identifier: Apache-2.0
/** The whole story on every store, through the launcher: archive, backup, accident, restore, same rows. */
package org.tidemark.acceptance.stores;
