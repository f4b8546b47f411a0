// SPDX-License-Identifier: Apache-2.0
/** Promotion: whether a standby of this host may take the place of its primary, and its promotion. */
package org.tidemark.server.promotion;
