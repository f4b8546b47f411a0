// SPDX-License-Identifier: Apache-2.0
/** What the documents tell people to type, typed. */
package org.tidemark.acceptance.pages;
