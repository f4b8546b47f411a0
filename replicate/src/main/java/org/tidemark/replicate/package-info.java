// SPDX-License-Identifier: Apache-2.0
/** Copies what one repository holds and another lacks, as it is stored. */
package org.tidemark.replicate;
