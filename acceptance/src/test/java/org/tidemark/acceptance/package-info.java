// SPDX-License-Identifier: Apache-2.0
/** Whole stories, with everything that is real in them. */
package org.tidemark.acceptance;
