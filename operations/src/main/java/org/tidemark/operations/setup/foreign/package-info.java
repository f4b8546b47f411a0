// SPDX-License-Identifier: Apache-2.0
/** Configurations of other programs, translated as far as they can be: text in, text out. */
@NullMarked
package org.tidemark.operations.setup.foreign;

import org.jspecify.annotations.NullMarked;
