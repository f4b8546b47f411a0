// SPDX-License-Identifier: Apache-2.0
/** Lives at random, on stores in memory: what a policy promises stays, whatever happens. */
package org.tidemark.acceptance.random;
