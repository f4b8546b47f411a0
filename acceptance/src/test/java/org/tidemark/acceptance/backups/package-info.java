// SPDX-License-Identifier: Apache-2.0
/** Backups that refer to each other, taken of real servers. */
package org.tidemark.acceptance.backups;
