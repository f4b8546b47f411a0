// SPDX-License-Identifier: Apache-2.0
/** How values are told: records that are JSON documents, and sentences that a terminal and a page share. */
package org.tidemark.view;
