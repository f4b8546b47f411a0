// SPDX-License-Identifier: Apache-2.0
/**
 * Values as HTML and SVG: what is known of many clusters, and of one. It knows no repository and no session, and asks
 * nobody: a page shows what was read before, and says when. The templates are in {@code src/main/jte}.
 */
package org.tidemark.page;
