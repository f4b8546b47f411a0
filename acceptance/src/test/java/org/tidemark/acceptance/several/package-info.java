// SPDX-License-Identifier: Apache-2.0
/** One cluster and several repositories, of which some are gone, full, slow or wrong for a while. */
package org.tidemark.acceptance.several;
