// A button that copies the text beside it. Without this module the text is selected by a click and copied by hand.
const SHOWN = 2_000;

for (const button of document.querySelectorAll('button.copy')) {
  const text = button.closest('.line')?.querySelector('pre');
  if (!text || !navigator.clipboard) continue;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = button.dataset.copied;
      setTimeout(() => {
        button.textContent = label;
      }, SHOWN);
    } catch {
      // Not allowed here: what a click on the text does is done for him.
      getSelection()?.selectAllChildren(text);
    }
  });
}
