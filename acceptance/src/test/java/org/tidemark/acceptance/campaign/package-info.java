// SPDX-License-Identifier: Apache-2.0
/** What holds for the whole: whichever operation fails, whichever bit turns, in which order the disk is told. */
package org.tidemark.acceptance.campaign;
